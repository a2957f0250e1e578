namespace Pilothouse.Tests.Fixtures;

/// <summary>Tests of a time that a busy machine would make longer. They run after all others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "measured alone";
}
