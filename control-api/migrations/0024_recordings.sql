-- What the lab found out about each upload (prompts/src/lab), as JSON, by the SHA-256 of its bytes.
create table recordings (
    audio_hash text primary key,
    report text not null
);
