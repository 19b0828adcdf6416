import { availableParallelism } from 'node:os'
import type { FitProgress, FitResult } from './segment/types.ts'
import { type Patience, type Program, startThread, type Thread, type Work } from './thread.ts'

/** Training threads that users share. They start when they are needed and end when they have been idle for a while. */
export interface Pool {
  /** Lets another user in, of whose fits at most `threads` run at the same time. @default as many as there are */
  join(threads?: number): Member
}

/** One user of a pool. */
export interface Member {
  /**
   * Carries out a fit on a thread that runs `program`. Fits begin in the order in which they came, whoever's they are,
   * but for those of users who have as many running as they may.
   *
   * Rejected when it fails, when the user leaves, and at once when the signal aborts or `onProgress` throws.
   */
  fit(program: Program, work: Work, signal?: AbortSignal): Promise<FitResult>
  /** Ends the threads of the user's fits, and all threads if it was the last user; settles when they are gone. */
  leave(reason: Error): Promise<void>
}

interface Task {
  readonly member: Member
  /** Most fits of the member that run at the same time. */
  readonly most: number
  readonly program: Program
  readonly work: Work
  readonly resolve: (result: FitResult) => void
  readonly reject: (error: unknown) => void
  wanted: boolean
}

const MOST_THREADS = 2

/** Makes a pool of at most `threads` threads. */
export function createPool(
  threads: number = Math.min(MOST_THREADS, availableParallelism()),
  patience: Patience = { idleMs: 10_000, cancelMs: 5000 },
): Pool {
  const members = new Set<Member>()
  const queue: Task[] = []
  /** All threads that are not gone yet, and the fit that each is busy with. */
  const busy = new Map<Thread, Task | null>()

  const threadsOf = (member: Member): Thread[] =>
    [...busy].filter(([, task]) => task?.member === member).map(([thread]) => thread)

  function next(): void {
    for (;;) {
      const task = queue.find(({ member, most }) => threadsOf(member).length < most)
      if (!task) return
      try {
        const thread = threadFor(task.program)
        if (!thread) return
        begin(task, thread)
      } catch (error) {
        task.reject(error)
      }
      leaveQueue(task)
    }
  }

  /** A free thread of that program, or a new one; null while there is no room. */
  function threadFor(program: Program): Thread | null {
    const free = [...busy].filter(([thread, task]) => !task && thread.alive).map(([thread]) => thread)
    const fitting = free.find((thread) => same(thread.program, program))
    if (fitting) return fitting
    if (busy.size >= threads) {
      // Whatever exits calls for what is next.
      void free[0]?.end(new Error('another program takes its place'))
      return null
    }
    const thread = startThread(program, patience, () => {
      busy.delete(thread)
      next()
    })
    busy.set(thread, null)
    return thread
  }

  function begin(task: Task, thread: Thread): void {
    const result = thread.run({ ...task.work, onProgress: (progress) => report(task, progress) })
    busy.set(thread, task)
    const free = (): void => {
      if (busy.get(thread) === task) busy.set(thread, null)
      next()
    }
    result.then(task.resolve, task.reject)
    result.then(free, free)
  }

  function report(task: Task, progress: FitProgress): void {
    if (!task.wanted) return
    try {
      task.work.onProgress(progress)
    } catch (error) {
      giveUp(task, error)
    }
  }

  function leaveQueue(task: Task): void {
    const at = queue.indexOf(task)
    if (at >= 0) queue.splice(at, 1)
  }

  /** The fit's place becomes free when it has really ended. */
  function giveUp(task: Task, reason: unknown): void {
    task.wanted = false
    leaveQueue(task)
    for (const [thread, its] of busy) if (its === task) thread.cancel()
    task.reject(reason)
  }

  return {
    join(most = threads) {
      const member: Member = {
        async fit(program, work, signal) {
          signal?.throwIfAborted()
          const ended = new AbortController()
          try {
            return await new Promise<FitResult>((resolve, reject) => {
              const task: Task = { member, most, program, work, resolve, reject, wanted: true }
              const onAbort = (): void => giveUp(task, signal?.reason)
              signal?.addEventListener('abort', onAbort, { signal: ended.signal })
              queue.push(task)
              next()
            })
          } finally {
            ended.abort()
          }
        },
        async leave(reason) {
          members.delete(member)
          for (const task of queue.filter((queued) => queued.member === member)) giveUp(task, reason)
          const going = members.size > 0 ? threadsOf(member) : [...busy.keys()]
          await Promise.all(going.map((thread) => thread.end(reason)))
        },
      }
      members.add(member)
      return member
    },
  }
}

const same = (a: Program, b: Program): boolean => a.url.href === b.url.href && a.maxMemoryMb === b.maxMemoryMb
