using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Models;

/// <summary>Checkpoints of models over HTTP. What every record has in common is tested for all tables.</summary>
public sealed class ModelTests
{
    private const string Checkpoint = """{"model_path":"models/rl.pkl","version":"rl-v12","episode":1200,"win_rate":57.5,"avg_return":0.42,"total_states":18250,"notes":"n","bot_name":"alpha"}""";

    [Fact]
    public async Task A_checkpoint_comes_back_as_it_was_sent()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync("/api/models", Checkpoint);
        Assert.Equal("""{"success":true,"message":"Model stored successfully","model_id":1}""", answer.ToJsonString());
        var model = (await server.GetAsync("/api/models?version=rl-v12&bot_name=alpha"))["data"]![0]!;
        WriteChecks.Same(
            """{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","model_path":"models/rl.pkl","version":"rl-v12","episode":1200,"win_rate":57.5,"avg_return":0.42,"total_states":18250,"notes":"n","bot_name":"alpha"}""",
            model);
        WriteChecks.Same(model.ToJsonString(), (await server.GetAsync("/api/models/1"))["data"]!);
        Assert.Equal("model_checkpoints 1 recorded", server.Sql("SELECT table_name || ' ' || row_id || ' ' || kind FROM changes"));
        var csv = await server.Client.GetStringAsync("/api/models?format=csv", TestContext.Current.CancellationToken);
        Assert.StartsWith("id,timestamp,model_path,version,", csv, StringComparison.Ordinal);
        Assert.Contains("1,2026-03-02T12:00:00+00:00,models/rl.pkl,rl-v12,1200,57.5,0.42,18250,n,alpha\r\n", csv, StringComparison.Ordinal);
        await server.GetAsync("/api/models/2", 404);
    }

    [Theory]
    [InlineData("""{"version":"v"}""", "model_path")]
    [InlineData("""{"model_path":"m"}""", "version")]
    [InlineData("""{"model_path":"m","version":" "}""", "version")]
    [InlineData("""{"model_path":"m","version":"v","win_rate":101}""", "win_rate")]
    [InlineData("""{"model_path":"m","version":"v","episode":-1}""", "episode")]
    [InlineData("""{"model_path":"m","version":"v","total_states":1.5}""", "total_states")]
    [InlineData("""{"model_path":"m","version":"v","modelpath":"x"}""", "modelpath")]
    public Task A_wrong_checkpoint_is_refused_by_the_name_of_its_field(string body, string field) =>
        WriteChecks.RefusesAsync("/api/models", body, "model_checkpoints", field, body.Contains("version", StringComparison.Ordinal) && body.Contains("model_path", StringComparison.Ordinal) ? "Invalid input" : $"Missing required field: {field}");

    [Fact]
    public Task Without_a_credential_nothing_is_stored() => WriteChecks.NeedsCredentialAsync("/api/models", Checkpoint, "model_checkpoints");

    [Fact]
    public Task A_repetition_is_stored_once() => WriteChecks.IsStoredOnceAsync("/api/models", Checkpoint, "model_checkpoints");

    [Fact]
    public async Task Signals_say_which_model_gave_them()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var model in new[] { "\"rl-v12\"", "null", "\"rl-v13\"", "\"rl-v12\"" })
        {
            await server.PostAsync("/api/signals", $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"model":{{model}}}""");
        }

        var signals = (await server.GetAsync("/api/signals?model=rl-v12&signal_type=BUY"))["data"]!.AsArray();
        Assert.Equal([4L, 1L], signals.Select(static signal => (long)signal!["id"]!));
        Assert.Null((await server.GetAsync("/api/signals/2"))["data"]!["model"]);
    }

    /// <summary>The seed's Python stores what it likes; its rows are listed as they are.</summary>
    [OnlyOnSqlite("the seed's bots write the file")]
    [Fact]
    public async Task Rows_of_other_programs_are_shown()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO model_checkpoints(model_path, version, episode, win_rate, avg_return) VALUES ('m.pkl', 3, 'many', 250, 'x')");
        var model = (await server.GetAsync("/api/models"))["data"]![0]!;
        Assert.Equal(("m.pkl", "3", null, 250d, null, 0L), ((string?)model["model_path"], (string?)model["version"], (long?)model["episode"], (double?)model["win_rate"], (double?)model["avg_return"], (long?)model["total_states"]));
    }
}
