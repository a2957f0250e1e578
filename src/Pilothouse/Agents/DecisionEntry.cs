using Pilothouse.Prices;

namespace Pilothouse.Agents;

/// <summary>What became of a decision by a horizon.</summary>
internal enum DecisionOutcome
{
    /// <summary>The trade is not closed, the horizon is not over, or a price or the way is not known.</summary>
    Unknown = 0,
    Right = 1,
    Wrong = 2,

    /// <summary>The trade broke even, or the price is the same.</summary>
    Neither = 3,
}

/// <summary>What the figures need of a decision.</summary>
internal struct DecisionEntry
{
    /// <summary>The group of a decision that was deleted.</summary>
    public const int Deleted = -1;

    /// <summary>How many different <see cref="Outcomes"/> there are.</summary>
    public const int OutcomeKinds = 64;

    public long Id;

    /// <summary>When it was made, in ticks of UTC.</summary>
    public long Ticks;

    /// <summary>From 0 to 1; NaN if it is not known.</summary>
    public double Confidence;

    /// <summary>In milliseconds; -1 if it is not known.</summary>
    public int ExecutionMs;

    /// <summary>The number of its agent, role, type and bot in the <see cref="DecisionBook"/>.</summary>
    public int Group;

    /// <summary>The number of its pair in the book; -1 if it has none.</summary>
    public int Pair;

    /// <summary>The way that the price must go for it to be right: 1 up, -1 down; 0 if a trade decides, or if it cannot be judged.</summary>
    public sbyte Way;

    /// <summary>The outcome by each horizon, two bits each.</summary>
    public byte Outcomes;

    /// <summary>Whether the price of its pair decides.</summary>
    public readonly bool IsJudgedByPrice => Way != 0 && Pair >= 0 && Group != Deleted;

    public static DecisionOutcome OutcomeOf(int outcomes, int horizon) => (DecisionOutcome)((outcomes >> (2 * horizon)) & 3);

    public readonly DecisionOutcome OutcomeBy(int horizon) => OutcomeOf(Outcomes, horizon);

    public void Set(int horizon, DecisionOutcome outcome) =>
        Outcomes = (byte)((Outcomes & ~(3 << (2 * horizon))) | ((int)outcome << (2 * horizon)));

    /// <summary>Sets the same outcome by every horizon.</summary>
    public void SetAll(DecisionOutcome outcome)
    {
        for (var horizon = 0; horizon < Horizon.All.Length; horizon++)
        {
            Set(horizon, outcome);
        }
    }
}
