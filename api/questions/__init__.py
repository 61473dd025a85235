"""Questions as they are asked, in a query string or a body: checked, and made into those that the store answers."""
