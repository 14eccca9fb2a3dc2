#include "pgproto/volatility_catalog.h"

namespace forebay::pgproto {

// Nothing in here may depend on the search path of who runs it, so every name but those of operators is
// qualified; and those are pg_catalog's as long as the search path is empty.
const Bytes kVolatilityQuery = R"sql(
WITH RECURSIVE
-- An aggregate is always marked immutable: what counts are the functions that it is made of.
volatile_function (oid) AS (
  SELECT oid FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND prokind <> 'a'
  UNION
  SELECT a.aggfnoid FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc p
    ON p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn,
                 a.aggminvtransfn, a.aggmfinalfn)
   WHERE p.provolatile = 'v'
),
-- A view is stored as the tree of its query, a policy and a domain's constraint as that of an expression. Their
-- trees name each function and each relation by its number. (pg_depend would not do: it does not know what
-- depends on functions that PostgreSQL was born with, nextval() among them.)
stored_tree (owner, relation, tree) AS (
  SELECT 'r', r.ev_class, r.ev_action::text FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class WHERE r.ev_type = '1' AND c.relkind = 'v'
  UNION ALL SELECT 'r', polrelid, polqual::text FROM pg_catalog.pg_policy
  UNION ALL SELECT 't', contypid, conbin::text FROM pg_catalog.pg_constraint WHERE contypid <> 0
),
-- What their trees call.
calls (owner, relation, function) AS (
  SELECT DISTINCT owner, relation,
         (pg_catalog.regexp_matches(tree, ':(?:funcid|opfuncid|aggfnoid|winfnoid|tsmhandler) (\d+)',
                                    'g'))[1]::pg_catalog.oid
    FROM stored_tree
),
-- Who reads a view or a partitioned table reads what is behind it.
reads (relation, what) AS (
  SELECT DISTINCT relation, (pg_catalog.regexp_matches(tree, ':relid (\d+)', 'g'))[1]::pg_catalog.oid
    FROM stored_tree WHERE owner = 'r'
  UNION
  SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits
),
-- A foreign table is wherever it is, a sequence is ahead of itself on a standby, an unlogged table is not
-- there, and the views of pg_catalog tell of the server that is asked.
unsafe_relation (oid) AS (
  SELECT c.oid FROM pg_catalog.pg_class c
   WHERE c.relkind IN ('f', 'S') OR (c.relpersistence = 'u' AND c.relkind IN ('r', 'p', 'm'))
      OR (c.relkind = 'v' AND c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace)
  UNION
  SELECT relation FROM calls JOIN volatile_function v ON v.oid = function WHERE owner = 'r'
  UNION
  SELECT r.relation FROM reads r JOIN unsafe_relation u ON u.oid = r.what
),
-- A cast runs a cast function, or the type's input function, or the domain's constraint. (An IN over its four
-- functions could not be hashed: with 50,000 functions of one's own that takes ten times as long.)
unsafe_type (oid) AS (
  SELECT t.oid FROM pg_catalog.pg_type t
    CROSS JOIN LATERAL (VALUES (t.typinput::pg_catalog.oid), (t.typoutput), (t.typreceive), (t.typsend))
               f (oid)
    JOIN volatile_function v ON v.oid = f.oid
  UNION
  SELECT c.casttarget FROM pg_catalog.pg_cast c JOIN volatile_function v ON v.oid = c.castfunc
  UNION
  SELECT relation FROM calls JOIN volatile_function v ON v.oid = function WHERE owner = 't'
  UNION
  SELECT t.oid FROM pg_catalog.pg_type t JOIN unsafe_type u ON u.oid = t.typbasetype
)
SELECT 'f', n.nspname, p.proname, pg_catalog.bool_and(v.oid IS NULL)
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN volatile_function v ON v.oid = p.oid GROUP BY 2, 3
UNION ALL
SELECT 'o', n.nspname, o.oprname, pg_catalog.bool_and(v.oid IS NULL)
  FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  LEFT JOIN volatile_function v ON v.oid = o.oprcode GROUP BY 2, 3
UNION ALL
SELECT 't', n.nspname, t.typname, u.oid IS NULL
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN unsafe_type u ON u.oid = t.oid
 WHERE t.typtype IN ('b', 'd', 'e', 'r', 'm') AND t.typcategory <> 'A'
UNION ALL
SELECT 'r', n.nspname, c.relname, false
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN unsafe_relation u ON u.oid = c.oid
UNION ALL
-- t.f means f(t) where t has no column f.
SELECT DISTINCT 'a', n.nspname, p.proname, false
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN volatile_function v ON v.oid = p.oid JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
 WHERE t.typtype = 'c' OR t.typname LIKE 'any%' OR t.typname = 'record'
UNION ALL
-- What runs without a name in the statement.
SELECT 'i', '', 'cast to ' || c.casttarget::pg_catalog.regtype, false
  FROM pg_catalog.pg_cast c JOIN volatile_function v ON v.oid = c.castfunc WHERE c.castcontext = 'i'
UNION ALL
SELECT DISTINCT 'i', '', 'operator ' || o.oprname, false
  FROM pg_catalog.pg_operator o JOIN volatile_function v ON v.oid = o.oprcode
 WHERE o.oprname IN ('=', '<>', '<', '>', '<=', '>=')
UNION ALL
SELECT 'i', '', 'comparison ' || p.amproc::pg_catalog.text, false
  FROM pg_catalog.pg_amproc p JOIN volatile_function v ON v.oid = p.amproc
UNION ALL
SELECT 'i', '', 'type ' || t.typname, false
  FROM pg_catalog.pg_type t
  CROSS JOIN LATERAL (VALUES (t.typoutput::pg_catalog.oid), (t.typsend)) f (oid)
  JOIN volatile_function v ON v.oid = f.oid
)sql";

}  // namespace forebay::pgproto
