"""Generated reports with known truth: seeded figures in the layouts that organs and text tools produce.

`forms` types the statutory tables anew, apart from the codebook, so that an error there is seen here.
`truths` draws figures; `shapes` lays them out as tables; `pages` and `texts` write HTML and text; `tools`
passes HTML through real text extractors; `refusals` writes what must not be read; `build.build_documents`
draws a whole corpus.
"""
