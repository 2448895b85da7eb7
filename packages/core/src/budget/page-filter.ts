/** What a caller may leave out, or give as undefined, when it asks for a page: everything. */
export type PageFilter<Filter> = { readonly [Field in keyof Filter]?: Filter[Field] | undefined };
