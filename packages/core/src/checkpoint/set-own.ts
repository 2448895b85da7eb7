/** Sets a property as an own one, also for names that an assignment would understand otherwise, such as `__proto__`. */
export function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
