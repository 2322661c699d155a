-- Trunks whose calls must prove by digest that they come from it: off, md5, sha256, both.
alter table trunks add column challenge text not null default 'off';
