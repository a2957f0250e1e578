using System.Diagnostics;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Tests.Storage;

/// <summary>Many health checks at once share a probe of the database. A single one does not, and a failed probe is never shared.</summary>
public sealed class SharedLookTests
{
    private static readonly long Millisecond = Stopwatch.Frequency / 1000;

    [Fact]
    public void The_first_of_each_millisecond_look_for_themselves_and_the_crowd_behind_them_shares_a_good_look()
    {
        var look = new SharedLook();
        var now = 5_000 * Millisecond;
        for (var i = 0; i < SharedLook.OwnLooks; i++)
        {
            Assert.False(look.MayShare(now));
        }

        Assert.False(look.MayShare(now), "no look was good yet");
        look.WasGood(now);
        Assert.True(look.MayShare(now));
        Assert.True(look.MayShare(now + Millisecond - 1));
        for (var i = 0; i < SharedLook.OwnLooks; i++)
        {
            Assert.False(look.MayShare(now + Millisecond), "the next millisecond looks anew");
        }

        Assert.False(look.MayShare(now + Millisecond), "the good look is a millisecond old");
        look.WasGood(now + (Millisecond / 2));
        Assert.True(look.MayShare(now + Millisecond + 1));
    }

    [Fact]
    public void Who_asks_again_after_each_answer_never_shares()
    {
        var look = new SharedLook();
        for (var now = Millisecond; now < 1_000 * Millisecond; now += (Millisecond / SharedLook.OwnLooks) + 1)
        {
            Assert.False(look.MayShare(now));
            look.WasGood(now);
        }
    }
}
