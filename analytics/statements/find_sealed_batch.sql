-- Up to which batch the hours that changed are sealed.
SELECT sealed_until()
