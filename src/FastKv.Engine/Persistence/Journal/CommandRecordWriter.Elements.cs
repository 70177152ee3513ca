using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence.Journal;

// Elements are held back until there are enough for a command, whose number of arguments stands in front of them; nothing is held back behind a slice.
internal sealed unsafe partial class CommandRecordWriter
{
    private const int ElementsPerCommand = 64;

    /// <summary>Longer elements are fewer to a command, so that the bound of a slice holds.</summary>
    private const int HeldBytesMax = 16 * 1024;

    private NativeBuffer _elements;
    private NativeBuffer _times;
    private int _held;

    private long HeldBytes => _elements.Length + _times.Length;

    private static ReadOnlySpan<byte> NameOf(ValueType type) => type switch
    {
        ValueType.List => "RPUSH"u8,
        ValueType.Set => "SADD"u8,
        ValueType.SortedSet => "ZADD"u8,
        _ => "HMSET"u8,
    };

    private static int ArgumentsOf(ValueType type) => type is ValueType.List or ValueType.Set ? 1 : 2;

    private void AddItem(ref NativeBuffer output, ValueType type, ReadOnlySpan<byte> key, ReadOnlySpan<byte> item)
    {
        if (item.Length >= PiecesFrom)
        {
            Flush(ref output, type, key);
            Command(ref output, 3, NameOf(type), key);
            WriteLast(ref output, item);
            return;
        }
        EffectText.Argument(ref _elements, item);
        Hold(ref output, type, key);
    }

    private void AddScored(ref NativeBuffer output, ReadOnlySpan<byte> key, double score, ReadOnlySpan<byte> member)
    {
        Span<byte> digits = stackalloc byte[NumberText.DoubleCharsMax];
        ReadOnlySpan<byte> text = digits[..NumberText.FormatDouble17(digits, score)];
        if (member.Length >= PiecesFrom)
        {
            Flush(ref output, ValueType.SortedSet, key);
            Command(ref output, 4, "ZADD"u8, key);
            EffectText.Argument(ref output, text);
            WriteLast(ref output, member);
            return;
        }
        EffectText.Argument(ref _elements, text);
        EffectText.Argument(ref _elements, member);
        Hold(ref output, ValueType.SortedSet, key);
    }

    private void AddField(ref NativeBuffer output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs)
    {
        bool isAlone = field.Length + (long)value.Length >= PiecesFrom;
        if (isAlone)
            Flush(ref output, ValueType.Hash, key);
        if (expiryMs != 0)
        {
            Command(ref _times, 6, "HPEXPIREAT"u8, key);
            EffectText.Argument(ref _times, expiryMs);
            EffectText.Argument(ref _times, "FIELDS"u8);
            EffectText.Argument(ref _times, "1"u8);
            EffectText.Argument(ref _times, field);
        }
        if (!isAlone)
        {
            EffectText.Argument(ref _elements, field);
            EffectText.Argument(ref _elements, value);
            Hold(ref output, ValueType.Hash, key);
            return;
        }
        Command(ref output, 4, "HMSET"u8, key);
        EffectText.Argument(ref output, field);
        WriteLast(ref output, value);
        if (_restBytes == 0)
            FlushTimes(ref output);
    }

    private void Hold(ref NativeBuffer output, ValueType type, ReadOnlySpan<byte> key)
    {
        if (++_held == ElementsPerCommand || HeldBytes >= HeldBytesMax)
            Flush(ref output, type, key);
    }

    private void Flush(ref NativeBuffer output, ValueType type, ReadOnlySpan<byte> key)
    {
        if (_held == 0)
            return;
        Command(ref output, 2 + (_held * ArgumentsOf(type)), NameOf(type), key);
        output.Append(_elements.Data, _elements.Length);
        _elements.Length = 0;
        _held = 0;
        FlushTimes(ref output);
    }

    private void FlushTimes(ref NativeBuffer output)
    {
        if (_times.Length == 0)
            return;
        output.Append(_times.Data, _times.Length);
        _times.Length = 0;
    }
}
