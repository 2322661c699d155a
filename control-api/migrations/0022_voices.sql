-- Which voice speaks a version (store/prompts.rs), and how a target's name is said where its spelling misleads (store/targets.rs).
alter table prompts add column voice text not null default '';
alter table targets add column pronunciation text not null default '';
