"""The same two bars (and settlements) in every layout."""

from datetime import UTC, datetime
from io import BytesIO

import polars as pl

FIRST = datetime(2024, 12, 1, tzinfo=UTC)
SECOND = datetime(2024, 12, 1, 1, tzinfo=UTC)
CLOSES = [96340.6, 96106.62]

KLINES = (
    "1733011200000,96407.99,96672.49,96260.0,96340.6,532.95388,1733014799999,"
    "51410648.796134,154693,246.27919,23756467.1020911,0\n"
    "1733014800000,96340.61,96516.0,96044.21,96106.62,756.83521,1733018399999,"
    "72903934.1627258,171501,273.29283,26324707.7217942,0\n"
)


def parquet(table: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


BARS = pl.DataFrame(
    {
        "ts": [FIRST, SECOND],
        "open": [96407.99, 96340.61],
        "high": [96672.49, 96516.0],
        "low": [96260.0, 96044.21],
        "close": CLOSES,
        "volume": [532.95388, 756.83521],
    }
)
FUNDING = pl.DataFrame({"ts": [FIRST, SECOND], "funding_rate": [0.0001, -0.0002]})

SAMPLES: dict[str, bytes] = {
    "binance_klines_csv": KLINES.encode(),
    "cryptodatadownload_csv": (
        b"https://www.CryptoDataDownload.com\n"
        b"Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USD\n"
        b"1733011200.0,2024-12-01 12-AM,BTCUSD,96407.99,96672.49,96260.0,96340.6,532.95388,5e7\n"
        b"1733014800.0,2024-12-01 01-AM,BTCUSD,96340.61,96516.0,96044.21,96106.62,756.8,7e7\n"
    ),
    "bitstamp_csv": (
        b"timestamp,open,high,low,close,volume\n"
        b"1733011200,96407.99,96672.49,96260.0,96340.6,532.95388\n"
        b"1733014800,96340.61,96516.0,96044.21,96106.62,756.83521\n"
    ),
    "bars_parquet": parquet(BARS),
    "binance_klines_json": (
        b'[[1733011200000,"96407.99","96672.49","96260.0","96340.6","532.95",1733014799999,'
        b'"51410648.7",154693,"246.2","23756467.1","0"],'
        b'[1733014800000,"96340.61","96516.0","96044.21","96106.62","756.8",1733018399999,'
        b'"72903934.1",171501,"273.2","26324707.7","0"]]'
    ),
    "binance_kline_stream_json": (
        b'{"stream":"btcusdt@kline_1h","data":{"e":"kline","E":1733014800005,"s":"BTCUSDT","k":'
        b'{"t":1733011200000,"T":1733014799999,"s":"BTCUSDT","i":"1h","f":1,"L":9,'
        b'"o":"96407.99","c":"96340.6","h":"96672.49","l":"96260.0","v":"532.95388","n":154693,'
        b'"x":true,"q":"51410648.7","V":"246.2","Q":"23756467.1","B":"0"}}}\n'
        b'{"e":"kline","E":1733018400004,"s":"BTCUSDT","k":'
        b'{"t":1733014800000,"T":1733018399999,"s":"BTCUSDT","i":"1h","f":10,"L":19,'
        b'"o":"96340.61","c":"96106.62","h":"96516.0","l":"96044.21","v":"756.83521","n":171501,'
        b'"x":true,"q":"72903934.1","V":"273.2","Q":"26324707.7","B":"0"}}'
    ),
    "ccxt_ohlcv_json": (
        b"[[1733011200000,96407.99,96672.49,96260.0,96340.6,532.95],"
        b"[1733014800000,96340.61,96516.0,96044.21,96106.62,756.8]]"
    ),
    "observations_parquet": parquet(FUNDING),
    "binance_funding_csv": (
        b"calc_time,funding_interval_hours,last_funding_rate\n"
        b"1733011200000,8,0.0001\n1733014800000,8,-0.0002\n"
    ),
    "binance_funding_json": (
        b'[{"symbol":"BTCUSDT","fundingTime":1733011200000,"fundingRate":"0.0001"},'
        b'{"symbol":"BTCUSDT","fundingTime":1733014800000,"fundingRate":"-0.0002"}]'
    ),
}
