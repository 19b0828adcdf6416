import { parentPort } from 'node:worker_threads'
import { pack } from '../parcel.ts'
import { type Following, openFollowing } from './following.ts'
import type { FollowReply, FollowRequest } from './protocol.ts'

/** Followers by their numbers; in the place of one that could not be opened or has failed, why. */
const followers = new Map<number, Following | Error>()

function opened(request: { readonly follower: number }): Following {
  const follower = followers.get(request.follower)
  if (!follower) throw new Error('there is no such follower')
  if (follower instanceof Error) throw follower
  return follower
}

function reply(message: FollowReply): void {
  const { content, buffers } = pack(message)
  parentPort?.postMessage(content, buffers)
}

function carryOut(request: FollowRequest): void {
  switch (request.type) {
    case 'open':
      followers.set(request.follower, openFollowing(request.model, request.seed))
      break
    case 'take':
      opened(request).take(request.steps)
      break
    case 'learn':
      reply({ type: 'learned', id: request.id, learned: opened(request).learn(request.updates) })
      break
    case 'close':
      followers.delete(request.follower)
  }
}

parentPort?.on('message', (request: FollowRequest) => {
  try {
    carryOut(request)
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    // What it has missed, or half done, it cannot make up for.
    followers.set(request.follower, error)
    const { name, message, stack } = error
    if (request.type === 'learn') reply({ type: 'failed', id: request.id, error: { name, message, stack } })
  }
})
