-- After its successor, in a transaction of its own: nobody can read orders while it is held.
DROP INDEX padlock.orders_delegation_target;
