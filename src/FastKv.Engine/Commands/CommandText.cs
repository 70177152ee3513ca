using System.Text;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands;

/// <summary>Names as bytes for replies, without allocating per call.</summary>
internal static class CommandText
{
    private static readonly byte[][] s_names = [.. CommandTable.All.Select(command => Encoding.ASCII.GetBytes(command.Name))];

    /// <summary>A command's full name in lower case.</summary>
    public static ReadOnlySpan<byte> NameOf(CommandDescriptor command) => s_names[command.Id];

    /// <summary>A type's name, as TYPE replies it.</summary>
    public static ReadOnlySpan<byte> NameOf(ValueType type) => type switch
    {
        ValueType.String => "string"u8,
        ValueType.List => "list"u8,
        ValueType.Set => "set"u8,
        ValueType.SortedSet => "zset"u8,
        ValueType.Hash => "hash"u8,
        _ => "stream"u8,
    };
}
