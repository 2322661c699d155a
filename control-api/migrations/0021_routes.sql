-- When and for which countries a route is (store/routes.rs), and what a trunk costs within it.
alter table routes add column conditions text not null default '{}';
alter table route_trunks add column cost bigint not null default 0;
