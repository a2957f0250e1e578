using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Models;

/// <summary>The table <c>model_checkpoints</c>.</summary>
internal static class ModelStore
{
    public static readonly Table<NewModelCheckpoint, ModelCheckpoint> Table = new(
        "model_checkpoints", ModelJson.Default.NewModelCheckpoint, ModelJson.Default.ModelCheckpoint, time: "timestamp",
        Column.Time("timestamp"),
        Column.Text("model_path", longest: 500, required: true) with { Filter = "Only of this file." },
        Column.Text("version", longest: 200, required: true) with { Filter = "Only of this version." },
        Column.Whole("episode", least: 0),
        Column.Number("win_rate", least: 0, most: 100),
        Column.Number("avg_return"),
        Column.Whole("total_states", least: 0),
        Column.Text("notes", longest: 2000),
        Column.Bot());

    public static readonly ListSql List = new(Table)
    {
        Leaders = ["version", "model_path", "bot_name"],
        Groups = ["bot_name version model_path"],
    };

    private static readonly Sql ById = new($"SELECT {Table.Selection} FROM model_checkpoints WHERE id = @id");

    private static readonly Sql Newest = new(
        $"SELECT {Table.Selection} FROM model_checkpoints WHERE version = @version ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1");

    /// <summary>Returns the checkpoint; throws a refusal (404) if it does not exist.</summary>
    public static async ValueTask<ModelCheckpoint> FindAsync(Session session, long id) =>
        await session.Prepare(ById).Set("id", (long?)id).FirstAsync(Table.Read)
        ?? throw Refusal.NotFound("Model not found", string.Create(CultureInfo.InvariantCulture, $"There is no model {id}; GET /api/models lists them."));

    /// <summary>Returns the newest checkpoint of a version; null if there is none.</summary>
    public static ValueTask<ModelCheckpoint?> NewestAsync(Session session, string version) =>
        session.Prepare(Newest).Set("version", version).FirstAsync(Table.Read);
}
