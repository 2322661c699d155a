-- A trunk may allow keys of SRTP in signalling that is not encrypted itself.
alter table trunks add column srtp_over_plain boolean not null default false;
