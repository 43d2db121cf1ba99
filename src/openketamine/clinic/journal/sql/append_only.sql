-- What is written stays written. These rules live in the database itself, so that they hold for
-- every program that reaches it, ours with a bug in it included.

CREATE FUNCTION openketamine_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused. A correction is a new row.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_fact
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_access
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();

-- New facts must continue their stream: next number, and the hash of the fact before. The head moves
-- here and nowhere else. One check a statement, because many facts come in one statement.
CREATE FUNCTION openketamine_extend_streams() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT a.stream, a.number INTO broken
    FROM (
        SELECT stream, number, prev_hash,
               lag(number) OVER w AS number_before, lag(hash) OVER w AS hash_before
        FROM added WINDOW w AS (PARTITION BY stream ORDER BY number)
    ) a
    LEFT JOIN journal_head h ON h.stream = a.stream
    WHERE a.number IS DISTINCT FROM coalesce(a.number_before, h.number) + 1
       OR a.prev_hash IS DISTINCT FROM coalesce(a.hash_before, h.hash)
    ORDER BY a.stream, a.number LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal: fact % of % does not continue its stream', broken.number, broken.stream
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    UPDATE journal_head h SET number = last.number, hash = last.hash
    FROM (SELECT DISTINCT ON (stream) stream, number, hash FROM added ORDER BY stream, number DESC) last
    WHERE h.stream = last.stream;
    RETURN NULL;
END $$;

CREATE TRIGGER continue_streams AFTER INSERT ON journal_fact
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_extend_streams();

-- A head starts at nothing and is moved only by the trigger above.
CREATE FUNCTION openketamine_guard_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.number = 0 AND NEW.hash = '' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 AND NEW.number > OLD.number AND NEW.stream = OLD.stream THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'journal_head is moved by the journal only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard_head BEFORE INSERT OR UPDATE OR DELETE ON journal_head
    FOR EACH ROW EXECUTE FUNCTION openketamine_guard_head();
CREATE TRIGGER append_only BEFORE TRUNCATE ON journal_head
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
