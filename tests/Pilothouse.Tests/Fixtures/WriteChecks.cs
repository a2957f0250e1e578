using System.Text;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Fixtures;

/// <summary>What every POST that stores a record must do, whatever it stores.</summary>
internal static class WriteChecks
{
    /// <summary>Without a credential it is 401 and nothing is stored.</summary>
    public static async Task NeedsCredentialAsync(string path, string json, string table)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Anonymous.SendAsync("POST", path, json);
        Assert.Equal(401, status);
        Assert.Equal("Authentication required", (string?)body["error"]);
        Assert.Equal("authentication-required", (string?)body["code"]);
        Assert.Equal("0", server.Sql($"SELECT count(*) FROM {table}"));
    }

    /// <summary>A wrong field is 400 by its name and nothing is stored.</summary>
    public static async Task RefusesAsync(string path, string json, string table, string field, string error = "Invalid input")
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", path, json);
        Assert.True(status == 400, $"{status}: {body.ToJsonString()}");
        Assert.Equal(error, (string?)body["error"]);
        Assert.Equal([field], body["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
        Assert.Equal("0", server.Sql($"SELECT count(*) FROM {table}"));
    }

    /// <summary>Sent twice with one Idempotency-Key it is stored once and answered the same; with another body it is 409.</summary>
    public static async Task IsStoredOnceAsync(string path, string json, string table)
    {
        await using var server = await TestServer.StartAsync();
        var (_, first) = await server.Client.SendAsync("POST", path, json, ("Idempotency-Key", "a"));
        using var again = await server.Client.RawAsync("POST", path, Encoding.UTF8.GetBytes(json), ("Idempotency-Key", "a"));
        Assert.Equal(201, (int)again.StatusCode);
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.NotEqual(true, again.Headers.TransferEncodingChunked);
        Assert.Equal(first.ToJsonString(), await again.Content.ReadAsStringAsync());
        Assert.Equal("1", server.Sql($"SELECT count(*) FROM {table}"));

        var (status, other) = await server.Client.SendAsync("POST", path, json + " ", ("Idempotency-Key", "a"));
        Assert.Equal(409, status);
        Assert.Equal("idempotency-mismatch", (string?)other["code"]);
    }

    /// <summary>An answer is what <paramref name="expected"/> says, no key more or less.</summary>
    public static void Same(string expected, JsonNode actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual.ToJsonString());
}
