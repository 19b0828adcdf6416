/** The status with which a part ends that cannot be measured on this machine: others can. */
export const LEFT_OUT = 3
