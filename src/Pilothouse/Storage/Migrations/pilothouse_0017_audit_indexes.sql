-- Every trade writes a row of the audit log, and each index costs it a part of its time. The index of groups serves the filters of these two.

DROP INDEX IF EXISTS ph_audit_log_who;
DROP INDEX IF EXISTS ph_audit_log_table;
