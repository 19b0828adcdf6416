// What a checkpoint keeps beside the weights, told by names: `optimizer_state_dict.state.0.exp_avg`.

/** What only checkpoints call the weights in them. */
const STATE_DICT = /state_dict$|^model_state$/i
/** What checkpoints call the weights and modules call a part of theirs. */
const MODEL: ReadonlySet<string> = new Set(['model', 'net', 'network', 'weights'])
/** What they call the rest. */
const TRAINING =
  /^(?:(?:optimi[sz]er|optim|opt|(?:lr_)?scheduler|callback|loop)s?(?:_states?|_state_dicts?)?|(?:\w+_)?rng(?:_states?)?)$/i
/** What optimisers of PyTorch remember of each parameter. */
const MOMENTS =
  /^[^.]+\.(?:\d+\.)?state\.\d+\.(?:step|(?:max_)?exp_avg(?:_sq)?|exp_inf|square_avg|grad_avg|acc_delta|momentum_buffer|sum)$/
const RECURRENT = /(?:^|\.)weight_hh(?:_l\d+)?$/

/**
 * Those of the names that are none of the weights' that the GRU belongs to.
 *
 * Beside a dict of weights other dicts may hold weights of the same model, as in `{gru_state_dict, fc_state_dict}`: what
 * has a `weight` counts, unless it has a GRU of its own and so is another model. Where the names may as well be those of a
 * module, only what is certain is set aside.
 * @param prefix of the GRU
 */
export function besideWeights(names: readonly string[], prefix: string): Set<string> {
  const path = prefix.split('.')
  const depth = path.findLastIndex((key) => STATE_DICT.test(key))
  if (depth < 0) {
    const inCheckpoint = MODEL.has(path[0])
    return new Set(
      names.filter((name) => MOMENTS.test(name) || (inCheckpoint && TRAINING.test(name.split('.')[0]))),
    )
  }
  const weights = `${path.slice(0, depth + 1).join('.')}.`
  const parent = path
    .slice(0, depth)
    .map((key) => `${key}.`)
    .join('')
  const siblings = new Map<string, string[]>()
  for (const name of names) {
    if (name.startsWith(weights)) continue
    const key = name
      .split('.')
      .slice(0, depth + 1)
      .join('.')
    siblings.set(key, [...(siblings.get(key) ?? []), name])
  }
  const isPart = ([key, inside]: readonly [string, readonly string[]]): boolean =>
    key.startsWith(parent) &&
    !TRAINING.test(key.split('.')[depth] ?? '') &&
    inside.some((name) => name.endsWith('.weight')) &&
    !inside.some((name) => RECURRENT.test(name))
  return new Set([...siblings].filter((sibling) => !isPart(sibling)).flatMap(([, inside]) => inside))
}
