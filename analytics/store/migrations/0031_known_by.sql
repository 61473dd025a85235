-- By which key this store knows people: the pseudonym that it gives to nobody. Empty until a process has opened the store.
CREATE TABLE known_by (
    nobody VARCHAR NOT NULL
);
