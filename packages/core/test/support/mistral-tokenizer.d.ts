declare module "mistral-tokenizer-js" {
  const tokenizer: { readonly encode: (text: string) => readonly number[] };
  export default tokenizer;
}
