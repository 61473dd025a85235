"""The query port: questions and their answers, the feed, exports, and the page."""
