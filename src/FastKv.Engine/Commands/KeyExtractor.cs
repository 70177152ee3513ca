using FastKv.Protocol;

namespace FastKv.Engine.Commands;

internal static unsafe class KeyExtractor
{
    public static ReadOnlySpan<int> Positions(CommandDescriptor command, Argument* arguments, int count) => throw new NotImplementedException();
}
