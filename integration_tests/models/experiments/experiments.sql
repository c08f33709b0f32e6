-- The company's own list of what it wants to try, named as a mart of the package is.
select
    'price words' as idea,
    'Ann' as asked_by
