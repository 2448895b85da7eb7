import { BaseChatModel } from "@langchain/core/language_models/chat_models";

/** A use of a private field, as written or as compilers for older engines write it. */
const USE = /[\w$)]\??\.#[A-Za-z_$]|classPrivateField(?:Get|Set|In)/;

/** The class of a model whose methods work on no object but itself, as told by its source; LangChain's own have none. */
export function classWithPrivateFields(model: object): string | undefined {
  let prototype: unknown = Object.getPrototypeOf(model);
  while (typeof prototype === "object" && prototype !== null && prototype !== BaseChatModel.prototype) {
    const { constructor } = prototype;
    if (isClassOfLangChain(prototype)) return undefined;
    if (USE.test(Function.prototype.toString.call(constructor))) return constructor.name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

/** The base of all models, of whichever installed copy. */
function isClassOfLangChain(prototype: object): boolean {
  return prototype.constructor.name === BaseChatModel.name;
}
