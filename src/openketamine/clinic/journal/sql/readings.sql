-- Readings in their small form: as append-only and as gapless as every other fact.

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_voice
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_chunk
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON journal_reading
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();

-- A row may go only when a chunk of the same stream holds its number.
CREATE FUNCTION openketamine_only_packed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM gone g JOIN journal_voice v ON v.id = g.voice
    WHERE NOT EXISTS (
        SELECT 1 FROM journal_chunk c
        WHERE c.stream = v.stream AND g.number BETWEEN c.first AND c.last
    ) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal_reading is append-only: DELETE refused. Nothing holds these readings yet.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER only_packed AFTER DELETE ON journal_reading
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_only_packed();

-- New readings continue their stream. One check a statement: thousands come in one COPY.
CREATE FUNCTION openketamine_continue_by_readings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT a.stream, a.number INTO broken
    FROM (
        SELECT v.stream, r.number, lag(r.number) OVER w AS number_before
        FROM added r LEFT JOIN journal_voice v ON v.id = r.voice
        WINDOW w AS (PARTITION BY v.stream ORDER BY r.number)
    ) a
    LEFT JOIN journal_head h ON h.stream = a.stream
    WHERE a.number IS DISTINCT FROM coalesce(a.number_before, h.number) + 1
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal: reading % of % does not continue its stream', broken.number, broken.stream
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER continue_streams AFTER INSERT ON journal_reading
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_continue_by_readings();

-- A head starts at nothing. It is moved by the facts themselves, or on to a reading that is there
-- and whose witness is the beginning of the new hash.
CREATE OR REPLACE FUNCTION openketamine_guard_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.number = 0 AND NEW.hash = '' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.number > OLD.number AND NEW.stream = OLD.stream THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'journal_head is moved by the journal only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION openketamine_guard_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() > 1 THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM moved m
    WHERE NOT EXISTS (
        SELECT 1 FROM journal_voice v JOIN journal_reading r ON r.voice = v.id AND r.number = m.number
        WHERE v.stream = m.stream AND r.witness = ('x' || left(m.hash, 8))::bit(32)::integer
    ) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal_head is moved by the journal only: UPDATE refused'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER guard_moves AFTER UPDATE ON journal_head
    REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_guard_moves();

-- A head is rewritten at every commit: room beside it keeps that on its own page.
ALTER TABLE journal_head SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
-- Numbers only grow: no room is needed between them.
ALTER INDEX journal_reading_pkey SET (fillfactor = 100);
ALTER TABLE journal_chunk ALTER COLUMN packed SET STORAGE EXTERNAL;
