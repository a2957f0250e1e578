using System.Text;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Checks that every POST which stores a record must pass.</summary>
internal static class WriteChecks
{
    /// <summary>Without a credential the answer is 401, and nothing is stored.</summary>
    public static async Task NeedsCredentialAsync(string path, string json, string table)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Anonymous.SendAsync("POST", path, json);
        Assert.Equal(401, status);
        Assert.Equal("Authentication required", (string?)body["error"]);
        Assert.Equal("authentication-required", (string?)body["code"]);
        Assert.Equal("0", server.Sql($"SELECT count(*) FROM {table}"));
    }

    /// <summary>For a wrong field the answer is 400 and names the field, and nothing is stored.</summary>
    public static async Task RefusesAsync(string path, string json, string table, string field, string error = "Invalid input")
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", path, json);
        Assert.True(status == 400, $"{status}: {body.ToJsonString()}");
        Assert.Equal(error, (string?)body["error"]);
        Assert.Equal([field], body["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
        Assert.Equal("0", server.Sql($"SELECT count(*) FROM {table}"));
    }

    /// <summary>
    /// A repetition with the same Idempotency-Key is stored once and gets the same answer; with another body it gets 409.
    /// </summary>
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

    /// <summary>Fails unless the answer equals <paramref name="expected"/>, with no field more or less.</summary>
    public static void Same(string expected, JsonNode actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual.ToJsonString());
}
