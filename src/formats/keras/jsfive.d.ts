/** jsfive 0.4 has no types. What is declared is what is used, some of it below its documented surface. */
declare module 'jsfive' {
  interface Message {
    get(field: 'type' | 'flags' | 'size' | 'offset_to_message'): number
  }

  interface DataObjects {
    /** Address of the object's header. */
    readonly offset: number
    readonly chunks: number[] | null
    find_msg_type(type: number): Message[]
    unpack_attribute(offset: number): [name: string, value: unknown]
    get_data(): unknown[]
  }

  export class Group {
    /** Addresses of hard links, paths of soft ones. */
    readonly _links: Record<string, number | string>
    readonly _dataobjects: DataObjects
    get(name: string): Group | Dataset | null
  }

  export class File extends Group {
    constructor(buffer: ArrayBuffer, name: string)
  }

  export class Dataset {
    readonly _dataobjects: DataObjects
  }

  export const Filters: Map<number, (buffer: ArrayBuffer) => ArrayBuffer>
}
