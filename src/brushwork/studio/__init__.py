"""The studio: a page in the browser, a queue of paintings, and the workers that paint them.

Three kinds of process share one folder. The server (`app`) answers the page and imports no torch. Workers (`worker`)
run jobs of `brushwork.jobs`. A reader (`ingest`) decodes uploads, with limits on memory and time.
"""
