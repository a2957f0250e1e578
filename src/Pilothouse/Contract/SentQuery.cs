namespace Pilothouse.Contract;

/// <summary>The query parameters of a call.</summary>
/// <param name="Text">The query string as it was sent. Equal texts are equal questions.</param>
/// <param name="Values">The values by name; null if there are none.</param>
internal readonly record struct SentQuery(string? Text, IQueryCollection? Values)
{
    /// <summary>Reads and checks the parameters; throws a refusal that names every wrong one.</summary>
    public QueryValues Read(QueryShape shape) => shape.Read(Values);
}
