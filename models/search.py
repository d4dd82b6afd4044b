"""What searches rest on inside the database: how text becomes words, and the indexes of words.

All of it is derived by PostgreSQL itself (generated columns, indexes on expressions), so that whatever changes a text,
be it the writer, an erasure or plain SQL, can't leave a stale trace of it. The words are those of the text as written,
without accents and case; what is forgiving (endings, typos) is on the side of the question, because nobody knows which
language a message is in.
"""

from __future__ import annotations

# Words are runs of letters and digits, so that an address or a part number is found by any of its parts.
_WORDS = [
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS fuzzystrmatch",
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    "CREATE TEXT SEARCH CONFIGURATION support_words (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION support_words ALTER MAPPING FOR asciiword, word, numword, int, uint, sfloat, float"
    " WITH unaccent, simple",
    # Without its punctuation the parser sees no addresses, tags or hyphenated words that it would keep whole.
    r"""
    CREATE FUNCTION support_plain(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(
        CASE WHEN octet_length(said) = char_length(said) THEN said ELSE normalize(said, NFC) END,
        '[!-/:-@\[-`{-~]+', ' ', 'g')
    """,
    """
    CREATE FUNCTION support_words(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN to_tsvector('support_words'::regconfig, support_plain(said))
    """,
    # unaccent() is declared stable only because somebody might edit its rules.
    """
    CREATE FUNCTION support_folded(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(unaccent('unaccent'::regdictionary, support_plain(said)))
    """,
]

# What is asked for. A single word is found by its stem too, English or German, where the stem is long enough to mean
# anything; an unfinished one by its beginning; a phrase as it stands.
_QUESTIONS = [
    """
    CREATE FUNCTION support_phrase(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN phraseto_tsquery('support_words'::regconfig, support_plain(asked))
    """,
    """
    CREATE FUNCTION support_begins(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN numnode(support_phrase(asked)) = 0 THEN support_phrase(asked)
    ELSE (support_phrase(asked)::text || ':*')::tsquery END
    """,
    """
    CREATE FUNCTION support_means(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN numnode(support_phrase(asked)) <> 1 THEN support_phrase(asked) ELSE
    (SELECT coalesce(string_agg(quote_literal(stem) || ':*', '|')::tsquery || support_phrase(asked),
                     support_phrase(asked))
     FROM (SELECT btrim(support_phrase(asked)::text, chr(39)) AS word) AS one,
          LATERAL (VALUES ((ts_lexize('pg_catalog.english_stem', word))[1], 4),
                          ((ts_lexize('pg_catalog.german_stem', word))[1], 2)) AS found(stem, ending)
     WHERE length(stem) BETWEEN greatest(4, length(word) - ending) AND length(word) AND starts_with(word, stem)) END
    """,
]

_COLUMNS = [
    "ALTER TABLE support_ticket ADD COLUMN words tsvector GENERATED ALWAYS AS (support_words(subject)) STORED",
    "ALTER TABLE support_ticket_message ADD COLUMN words tsvector GENERATED ALWAYS AS (support_words(body)) STORED",
]

# The organization leads every one, so that a search reads no other tenant's entries. New entries wait in a short list
# only, because each search has to read the whole of it.
_INDEXES = [
    f"CREATE INDEX {name} ON {table} USING gin (organization_id, {what}) WITH (gin_pending_list_limit = 128)"
    for name, table, what in (
        ("support_ticket_by_words", "support_ticket", "words"),
        ("support_ticket_message_by_words", "support_ticket_message", "words"),
        ("support_membership_by_words", "support_membership", "support_words(name)"),
        ("support_membership_by_likeness", "support_membership", "support_folded(name) gin_trgm_ops"),
        ("support_tag_by_words", "support_tag", "support_words(name)"),
        ("support_tag_by_likeness", "support_tag", "support_folded(name) gin_trgm_ops"),
    )
]

# Who and what a word names. Typos are forgiven where no name has the word as it was typed: one in four letters, two in
# more. GIN finds what is alike only by the threshold that is set, hence the functions' own. Each returns at most `most`
# of them, so one more than wanted says that there are too many.
_LIKENESS = "SET pg_trgm.word_similarity_threshold = 0.3"
_NAMES = [
    """
    CREATE FUNCTION support_is_typo(asked text, name text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM string_to_table(support_folded(name), ' ') AS part
        WHERE levenshtein_less_equal(left(asked, 60), left(part, 60), 2) <= CASE length(asked) WHEN 4 THEN 1 ELSE 2 END)
    """,
    f"""
    CREATE FUNCTION support_people(tenant uuid, only_me uuid, asked text, words tsquery, forgiving boolean, most int)
    RETURNS uuid[] LANGUAGE plpgsql STABLE {_LIKENESS} AS $$
    DECLARE
        folded text := support_folded(asked);
        found uuid[] := ARRAY(
            SELECT id FROM support_membership WHERE organization_id = tenant AND support_words(name) @@ words
            AND (only_me IS NULL OR id = only_me) LIMIT most);
    BEGIN
        IF found = '{{}}' AND forgiving THEN
            found := ARRAY(
                SELECT id FROM (
                    SELECT id, name FROM support_membership
                    WHERE organization_id = tenant AND folded <% support_folded(name)
                    AND (only_me IS NULL OR id = only_me)
                    ORDER BY word_similarity(folded, support_folded(name)) DESC, id LIMIT 100
                ) AS alike WHERE support_is_typo(folded, name) LIMIT most);
        END IF;
        RETURN found;
    END $$
    """,
    f"""
    CREATE FUNCTION support_tags(tenant uuid, asked text, words tsquery, forgiving boolean, most int)
    RETURNS text[] LANGUAGE plpgsql STABLE {_LIKENESS} AS $$
    DECLARE
        folded text := support_folded(asked);
        found text[] := ARRAY(
            SELECT name FROM support_tag WHERE organization_id = tenant AND support_words(name) @@ words LIMIT most);
    BEGIN
        IF found = '{{}}' AND forgiving THEN
            found := ARRAY(
                SELECT name FROM (
                    SELECT name FROM support_tag WHERE organization_id = tenant AND folded <% support_folded(name)
                    ORDER BY word_similarity(folded, support_folded(name)) DESC, name LIMIT 100
                ) AS alike WHERE support_is_typo(folded, name) LIMIT most);
        END IF;
        RETURN found;
    END $$
    """,
]

# The tickets that a word may be about, or null where it is in `most` places or more: always by the indexes of words,
# whatever the planner makes of words that are common elsewhere.
_CANDIDATES = [
    """
    CREATE FUNCTION support_candidates(
        tenant uuid, asked tsquery, staff boolean, people uuid[], tags text[], numbered int, most int)
    RETURNS uuid[] LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
    DECLARE
        found uuid[] := ARRAY(
            (SELECT m.ticket_id FROM support_ticket_message m WHERE m.organization_id = tenant
             AND m.words @@ asked AND (staff OR NOT m.internal) LIMIT most)
            UNION ALL
            (SELECT t.id FROM support_ticket t WHERE t.organization_id = tenant AND t.words @@ asked LIMIT most)
            UNION ALL
            (SELECT t.id FROM support_ticket t WHERE t.requester_id = ANY (people) LIMIT most)
            UNION ALL
            (SELECT t.id FROM support_ticket t WHERE staff AND t.assignee_id = ANY (people) LIMIT most)
            UNION ALL
            (SELECT g.ticket_id FROM support_ticket_tag g WHERE g.organization_id = tenant AND g.name = ANY (tags)
             LIMIT most)
            UNION ALL
            (SELECT t.id FROM support_ticket t WHERE t.organization_id = tenant AND t.number = numbered));
    BEGIN
        RETURN CASE WHEN cardinality(found) < most THEN ARRAY(SELECT DISTINCT unnest(found)) END;
    END $$
    """,
]

SEARCH = (*_WORDS, *_QUESTIONS, *_COLUMNS, *_INDEXES, *_NAMES, *_CANDIDATES)
