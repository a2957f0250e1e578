using Xunit.v3;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Marks tests that are about the SQLite file or about what other programs write into it. They do not run on PostgreSQL.</summary>
/// <param name="why">What of the file they need. That their SQL is SQLite's is no reason: <see cref="TestEngine"/> has the words that differ.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class OnlyOnSqliteAttribute(string why) : Attribute, ITraitAttribute
{
    public string Why => why;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Engine", "SQLite")];
}
