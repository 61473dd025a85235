-- Whether a filter wants a value; null wants everything. What has no value is neither any nor one of anything, as
-- contracts/filters.py has it (a test compares). The filter is a STRUCT(any_of, beginnings, none_of, no_beginnings) of
-- lists of text, null where it says nothing.
CREATE MACRO is_wanted(value, wanted) AS
    wanted IS NULL
    OR (
        (
            coalesce(wanted.any_of, wanted.beginnings) IS NULL
            OR coalesce(list_contains(wanted.any_of, value), false)
            OR coalesce(list_bool_or(list_transform(wanted.beginnings, lambda one: starts_with(value, one))), false)
        )
        AND NOT coalesce(list_contains(wanted.none_of, value), false)
        AND NOT coalesce(list_bool_or(list_transform(wanted.no_beginnings, lambda one: starts_with(value, one))), false)
    );
