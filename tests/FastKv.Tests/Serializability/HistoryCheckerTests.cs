using Xunit;

namespace FastKv.Tests.Serializability;

/// <summary>The checker itself, on histories whose verdict is known.</summary>
public sealed class HistoryCheckerTests
{
    [Fact]
    public void Half_of_a_write_seen_and_then_the_other_half_missed_is_rejected()
    {
        Operation write = At(0, 100, new Operation(OperationKind.MSet, [0, 1], [7, 8]) { Result = [0] });
        Operation first = At(10, 20, new Operation(OperationKind.Get, [0], []) { Result = [7] });
        Operation second = At(30, 40, new Operation(OperationKind.Get, [1], []) { Result = [0] });
        Assert.False(new HistoryChecker().IsSerializable([write, first, second], default));

        // The same two reads at the same time may stand on both sides of the write.
        At(10, 40, first);
        At(10, 40, second);
        Assert.True(new HistoryChecker().IsSerializable([write, first, second], default));
    }

    [Fact]
    public void Two_readers_that_see_two_writes_in_different_orders_are_rejected()
    {
        Operation a = At(0, 100, new Operation(OperationKind.Set, [0], [1]) { Result = [0] });
        Operation b = At(0, 100, new Operation(OperationKind.Set, [1], [2]) { Result = [0] });
        Operation seesA = At(10, 90, new Operation(OperationKind.MGet, [0, 1], []) { Result = [1, 0] });
        Operation seesB = At(10, 90, new Operation(OperationKind.MGet, [0, 1], []) { Result = [0, 2] });
        Assert.True(new HistoryChecker().IsSerializable([a, b, seesA], default));
        Assert.False(new HistoryChecker().IsSerializable([a, b, seesA, seesB], default));
    }

    [Fact]
    public void A_read_of_what_was_overwritten_before_is_rejected()
    {
        Operation old = At(0, 10, new Operation(OperationKind.Set, [0], [1]) { Result = [0] });
        Operation moved = At(20, 30, new Operation(OperationKind.Rename, [0, 1], []) { Result = [0] });
        Operation stale = At(40, 50, new Operation(OperationKind.Get, [0], []) { Result = [1] });
        Assert.False(new HistoryChecker().IsSerializable([old, moved, stale], default));
        Assert.True(new HistoryChecker().IsSerializable([old, moved, At(25, 50, stale)], default));
    }

    [Fact]
    public void A_transaction_that_others_see_half_of_is_rejected()
    {
        Operation set = new(OperationKind.Set, [0], [5]) { Result = [0] };
        Operation get = new(OperationKind.Get, [1], []) { Result = [0] };
        Operation exec = At(0, 100, new Operation(OperationKind.Exec, [0, 1], []) { Parts = [set, get] });
        Operation other = At(0, 100, new Operation(OperationKind.MSet, [0, 1], [8, 9]) { Result = [0] });
        Operation seen = At(110, 120, new Operation(OperationKind.MGet, [0, 1], []) { Result = [8, 9] });
        Assert.True(new HistoryChecker().IsSerializable([exec, other, seen], default));

        // The other's write would have to stand between the two commands.
        seen.Result = [5, 9];
        Assert.False(new HistoryChecker().IsSerializable([exec, other, seen], default));
    }

    [Fact]
    public void An_update_that_is_lost_is_rejected()
    {
        Operation read = At(0, 10, new Operation(OperationKind.WatchAndRead, [0], []) { Result = [0] });
        Operation other = At(20, 30, new Operation(OperationKind.Set, [0], [7]) { Result = [0] });
        Operation set = new(OperationKind.Set, [0], [1]) { Result = [0] };
        Operation exec = At(40, 50, new Operation(OperationKind.ExecIfUnchanged, [0], []) { Parts = [set], Watched = read });
        Assert.False(new HistoryChecker().IsSerializable([read, other, exec], default));
        exec.IsRefused = true;
        Assert.True(new HistoryChecker().IsSerializable([read, other, exec], default));
        exec.IsRefused = false;
        At(45, 55, other);
        Assert.True(new HistoryChecker().IsSerializable([read, other, exec], default));
    }

    private static Operation At(long invoked, long replied, Operation operation)
    {
        operation.InvokedAt = invoked;
        operation.RepliedAt = replied;
        return operation;
    }
}
