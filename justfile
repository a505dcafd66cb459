# The line on the sample, into out/.
run:
    cargo run --release -- run sample-data/tipstat.toml --force

# All tests.
test:
    cargo test

# Everything that CI runs.
ci:
    bash .ci/run

# Searches each reader of foreign files for faults, so many times: `just fuzz 1000000`. See fuzz/README.md.
fuzz runs="100000":
    bash fuzz/run {{runs}}

# The Python wheel, which carries the program.
wheel:
    maturin build --release --out target/wheels

bench:
    cargo bench

# The sample's records, made again from their seeds; then the release that the tests expect.
sample:
    cargo run --release -- generate records --records 7200 --seed 79 --areas GBR,NGA,UKR --messy --force --out sample-data/records/national-2021-2023.csv
    cargo run --release -- generate records --records 6600 --seed 154 --areas KHM,PHL,ROU --messy --force --profile ctdc-kanon --out sample-data/records/ngo-ctdc-layout.csv
    cargo run --release -- generate records --records 6800 --seed 2024 --areas BRA,COL,ESP --messy --force --profile registro-es --out sample-data/records/registro.csv
    cargo run --release -- run sample-data/tipstat.toml --force
    rm -rf sample-data/expected
    cp -r out/release sample-data/expected

# JSON Schemas of the files that users write. Editors find them by the first line of such a file.
key-schemas:
    for name in run-file profile pack indicator policy; do cargo run --quiet -- schema show $name --as json-schema > schemas/json/$name.json; done
