-- Which trouble of a proved domain its owner was told of last: another one is told of as well.
ALTER TABLE padlock.domains ADD COLUMN trouble_cause text NOT NULL DEFAULT '';

-- That a challenge was answered is known of each: what else an order tries says nothing of it.
ALTER TABLE padlock.authorizations ADD COLUMN answered boolean NOT NULL DEFAULT false;
