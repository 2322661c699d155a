-- How a trunk is dialled (store/dialling.rs): rules over numbers, short codes, identity, patience.
alter table trunks add column dialling text not null default '{}';
