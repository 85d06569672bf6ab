/** Where this project's client does not do what client-go does, and why. */
export const differences: readonly (readonly [name: string, reason: string])[] = [];
