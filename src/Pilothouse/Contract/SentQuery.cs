namespace Pilothouse.Contract;

/// <summary>The parameters that came with a call besides its body.</summary>
/// <param name="Text">All of them, as they were sent: equal texts are equal questions.</param>
/// <param name="Values">The same by name; null where there are none.</param>
internal readonly record struct SentQuery(string? Text, IQueryCollection? Values)
{
    /// <summary>Reads and checks them; throws a refusal that names every wrong one.</summary>
    public QueryValues Read(QueryShape shape) => shape.Read(Values);
}
