using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>
/// A checkpoint beside a reader moves what the reader does not need out of the log, and leaves a page for later that was written again since: then the
/// head of the file may count pages that the file does not have yet. That is how SQLite works, and no damage.
/// </summary>
public sealed class PartialCheckpointTests
{
    [Fact]
    public async Task A_checkpoint_that_a_reader_keeps_from_its_end_is_not_taken_for_a_file_that_was_cut_short()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync("bot", "write");
        await Tool.PythonAsync("""
            import json, sqlite3, sys, urllib.request
            path, url, key = sys.argv[1:]
            insert = "INSERT INTO signals(trading_pair, signal_type, signal_strength, price, status) VALUES ('PY/X', 'BUY', 1, 1, ?)"
            writer, reader = (sqlite3.connect(path, timeout=5, isolation_level=None) for _ in range(2))
            body = json.dumps({"trading_pair": "WEB/X", "signal_type": "BUY", "signal_strength": 1, "price": 1}).encode()
            for number in range(120):
                writer.execute(insert, ("x" * 900,))
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM signals").fetchall()
                writer.execute(insert, ("x",))
                writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                request = urllib.request.Request(url + "/api/signals", body, {"X-Api-Key": key, "Content-Type": "application/json"})
                assert urllib.request.urlopen(request, timeout=30).status == 201
                reader.execute("COMMIT")
            """, server.DatabasePath, server.Client.BaseAddress!.ToString().TrimEnd('/'), key);
        Assert.Equal("360", server.Sql("SELECT count(*) FROM signals"));
        Assert.Equal("ok", await Tool.IntegrityAsync(server.DatabasePath));
    }
}
