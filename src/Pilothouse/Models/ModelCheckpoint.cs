using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Models;

/// <summary>A checkpoint of a trained model, as the training posts it.</summary>
internal record NewModelCheckpoint : IInput<NewModelCheckpoint>
{
    /// <summary>When it was saved; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    /// <summary>The file that holds it.</summary>
    public string? ModelPath { get; set; }

    /// <summary>Its name, which signals that it makes carry as their <c>model</c>.</summary>
    public string? Version { get; set; }

    /// <summary>How many episodes it was trained for.</summary>
    public long? Episode { get; set; }

    /// <summary>What the training says of it, in percent.</summary>
    public double? WinRate { get; set; }

    /// <summary>What the training says of it, in the training's own unit.</summary>
    public double? AvgReturn { get; set; }

    /// <summary>How many states it has learned.</summary>
    public long? TotalStates { get; set; }

    public string? Notes { get; set; }

    public string? BotName { get; set; }

    public static InputRules<NewModelCheckpoint> Rules => ModelStore.Table.Rules;
}

/// <summary>A stored checkpoint. A value of another program that the API would not accept is read as null.</summary>
internal sealed record ModelCheckpoint : NewModelCheckpoint
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The answer to a stored checkpoint.</summary>
internal sealed record ModelStored(bool Success, string Message, long ModelId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewModelCheckpoint))]
[JsonSerializable(typeof(BatchOf<NewModelCheckpoint>))]
[JsonSerializable(typeof(ModelStored))]
[JsonSerializable(typeof(One<ModelCheckpoint>))]
[JsonSerializable(typeof(Page<ModelCheckpoint>))]
internal sealed partial class ModelJson : JsonSerializerContext;
