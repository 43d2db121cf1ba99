-- The same guards, at a price that does not grow with the number of sessions that ever were: each
-- row of a group is looked up by its index, never by a walk through all heads or voices. The limits
-- on the planner hold inside of these functions only.

CREATE OR REPLACE FUNCTION openketamine_continue_by_readings() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    broken record;
BEGIN
    SELECT a.stream, a.number INTO broken
    FROM (
        SELECT s.stream, s.number, lag(s.number) OVER w AS number_before
        FROM (
            SELECT r.number, (SELECT v.stream FROM journal_voice v WHERE v.id = r.voice) AS stream
            FROM added r
        ) s
        WINDOW w AS (PARTITION BY s.stream ORDER BY s.number)
    ) a
    WHERE a.number IS DISTINCT FROM coalesce(
        a.number_before, (SELECT h.number FROM journal_head h WHERE h.stream = a.stream)
    ) + 1
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal: reading % of % does not continue its stream', broken.number, broken.stream
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION openketamine_guard_moves() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_memoize = off AS $$
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

-- What every move of a head must keep to is asked before the function is called, not inside of it:
-- it is called for the moves that are refused only.
DROP TRIGGER guard_head ON journal_head;
CREATE TRIGGER guard_head BEFORE INSERT OR DELETE ON journal_head
    FOR EACH ROW EXECUTE FUNCTION openketamine_guard_head();
CREATE TRIGGER guard_way BEFORE UPDATE ON journal_head
    FOR EACH ROW WHEN ((NEW.number > OLD.number AND NEW.stream = OLD.stream) IS NOT TRUE)
    EXECUTE FUNCTION openketamine_guard_head();
