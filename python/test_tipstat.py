"""Tests of the installed wheel: `python python/test_tipstat.py`, with pandas, pyarrow and polars."""

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path

import tipstat


class Release(unittest.TestCase):
    """The sample's release, made by the program of the wheel."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        demo = Path(cls.folder.name) / "demo"
        subprocess.run([str(tipstat.program()), "demo", str(demo), "-q"], check=True, stdout=subprocess.DEVNULL)
        cls.config, cls.out = demo / "tipstat.toml", demo / "again"
        with contextlib.redirect_stdout(io.StringIO()) as said:
            cls.release = tipstat.run(cls.config, cls.out)
        cls.said = said.getvalue()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_run_says_what_it_did(self):
        self.assertIn("SYNTHETIC DATA", self.said)
        self.assertEqual(self.release, self.out / "release")

    def test_pandas_has_categories_and_bounds(self):
        frame = tipstat.read_release(self.release)["victims-by-form"]
        for column in ["REF_AREA", "FORM", "OBS_STATUS"]:
            self.assertEqual(str(frame[column].dtype), "category")
        suppressed = frame[frame["OBS_STATUS"] == "Q"]
        self.assertGreater(len(suppressed), 0)
        self.assertTrue(suppressed["OBS_VALUE"].isna().all())
        self.assertTrue((suppressed["LOWER_BOUND"] <= suppressed["UPPER_BOUND"].fillna(float("inf"))).all())

    def test_both_engines_read_the_same(self):
        pandas = tipstat.read_release(self.release)
        polars = tipstat.read_release(self.release, engine="polars")
        self.assertEqual(pandas.keys(), polars.keys())
        self.assertEqual(len(pandas), 13)
        for name, frame in pandas.items():
            self.assertEqual(frame.shape, polars[name].shape)
            self.assertAlmostEqual(frame["OBS_VALUE"].sum(), polars[name]["OBS_VALUE"].sum())

    def test_a_second_run_is_refused(self):
        with self.assertRaises(tipstat.Refused) as refused, contextlib.redirect_stdout(io.StringIO()):
            tipstat.run(self.config, self.out)
        self.assertEqual(refused.exception.code, 1)
        self.assertIn("error[release/exists]", str(refused.exception))
        with contextlib.redirect_stdout(io.StringIO()):
            tipstat.run(self.config, self.out, force=True)

    def test_what_is_no_release_is_named(self):
        with self.assertRaisesRegex(FileNotFoundError, "holds no release"):
            tipstat.read_release(self.folder.name)
        with self.assertRaisesRegex(ValueError, "`pandas` or `polars`"):
            tipstat.read_release(self.release, engine="arrow")


if __name__ == "__main__":
    unittest.main()
