using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Trades;

/// <summary>The answer to a stored trade.</summary>
internal sealed record TradeStored(bool Success, string Message, long TradeId) : WriteAnswer;

/// <summary>The answer to a changed or closed trade, with the row after the change.</summary>
internal sealed record TradeChanged(bool Success, string Message, long TradeId, Trade Data) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewTrade))]
[JsonSerializable(typeof(TradeChange))]
[JsonSerializable(typeof(TradeClose))]
[JsonSerializable(typeof(TradeVoid))]
[JsonSerializable(typeof(NewFill))]
[JsonSerializable(typeof(Fill))]
[JsonSerializable(typeof(BatchOf<NewFill>))]
[JsonSerializable(typeof(FillStored))]
[JsonSerializable(typeof(Page<Fill>))]
[JsonSerializable(typeof(Trade))]
[JsonSerializable(typeof(BatchOf<NewTrade>))]
[JsonSerializable(typeof(TradeStored))]
[JsonSerializable(typeof(TradeChanged))]
[JsonSerializable(typeof(One<Trade>))]
[JsonSerializable(typeof(Page<Trade>))]
internal sealed partial class TradeJson : JsonSerializerContext;
