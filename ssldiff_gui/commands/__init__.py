"""The commands of `ssldiff`, one module each; a module imports what is heavy when it runs.

What `--json` prints, on stdout and once, when the command is over: names in snake_case, seconds to
three decimals, paths as they were given, null for what is unknown or not there.

============ =======================================================================
info         path, format, width, height, levels, scale, objective, crs, affine,
             bands, dtype, nodata, fingerprint, associated, scenes, synthetic
             (null, or model, seed, source_type, edits)
embed        grid, model, encoder, rows, columns, dim, cell, region, downsample,
             scale, cells, skipped, resumed, seconds, cells_per_second, device,
             digest, notes
edit         grid, rows, columns, dim, encoder, valid, digest, edits, history,
             changed, cells, moved, left_out
generate     canvas, width, height, tiles, failed, missing, evaluations, seconds,
             megapixels, megapixels_per_second, peak_memory, peak_device_memory,
             sha256, synthetic, notes
export       path, sidecar, format, width, height, sha256, missing, synthetic,
             bytes, seconds
replay       canvas, width, height, synthetic, sha256, expected, same, differences,
             evaluations, seconds, notes
train        kind, name, run, model, installed, finished, steps, wanted, seconds,
             figures, trained_on, pictures, own_pictures, device
label        label: output, method, classes, notes; folders: pictures, skipped,
             blank, sheet; slides and scenes: shapes; clusters: silhouette, nmi,
             nmi_by_chance, purity
augment      output, manifest, drawn, kept, sheets, notes
run          what the request's own command prints
models list  installed, catalogue
models get   name, folder, id, revision, sha256, trust, licence
any error    error: kind, message, hint
============ =======================================================================

`sha256` is of the pixels of level 0, in RGB, row by row; `digest` is of a grid. `convert` prints
what `core.conversion.ConvertResult` holds.
"""
