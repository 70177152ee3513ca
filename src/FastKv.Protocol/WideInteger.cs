// Data plane. Just enough big-integer arithmetic for exact decimal conversion, on words that the caller keeps on its stack.
using System.Numerics;

namespace FastKv.Protocol;

/// <summary>A non-negative integer in little-endian 64-bit words of fixed storage. The caller guarantees that results fit.</summary>
internal ref struct WideInteger
{
    private readonly Span<ulong> _words;
    private int _length;

    /// <summary>Starts at <paramref name="value"/> in the given storage.</summary>
    public WideInteger(Span<ulong> storage, ulong value)
    {
        _words = storage;
        _words[0] = value;
        _length = value == 0 ? 0 : 1;
    }

    public readonly bool IsZero => _length == 0;

    /// <summary>Bits up to the highest one set; 0 for zero. O(1).</summary>
    public readonly int BitLength => _length == 0 ? 0 : (_length * 64) - BitOperations.LeadingZeroCount(_words[_length - 1]);

    /// <summary>this = this * factor + addend. O(words).</summary>
    public void MultiplyAdd(ulong factor, ulong addend)
    {
        ulong carry = addend;
        for (int i = 0; i < _length; i++)
        {
            ulong high = Math.BigMul(_words[i], factor, out ulong low);
            low += carry;
            carry = high + (low < carry ? 1UL : 0);
            _words[i] = low;
        }
        if (carry != 0)
            _words[_length++] = carry;
    }

    /// <summary>this = this * 5^power. O(words * power / 27).</summary>
    public unsafe void MultiplyPowerOfFive(int power)
    {
        for (; power >= PowerTables.FiveMax; power -= PowerTables.FiveMax)
            MultiplyAdd(PowerTables.Five[PowerTables.FiveMax], 0);
        MultiplyAdd(PowerTables.Five[power], 0);
    }

    /// <summary>this = this * 2^bits. O(words).</summary>
    public void ShiftLeft(int bits)
    {
        if (_length == 0 || bits == 0)
            return;
        int words = bits >> 6;
        int rest = bits & 63;
        int length = _length + words;
        ulong carry = rest == 0 ? 0 : _words[_length - 1] >> (64 - rest);
        for (int i = _length - 1; i >= 0; i--)
        {
            ulong lower = i > 0 && rest != 0 ? _words[i - 1] >> (64 - rest) : 0;
            _words[i + words] = (_words[i] << rest) | lower;
        }
        _words[..words].Clear();
        if (carry != 0)
            _words[length++] = carry;
        _length = length;
    }

    /// <summary>Negative, zero or positive as this is less than, equal to or greater than <paramref name="other"/>. O(words).</summary>
    public readonly int CompareTo(in WideInteger other)
    {
        if (_length != other._length)
            return _length.CompareTo(other._length);
        for (int i = _length - 1; i >= 0; i--)
        {
            if (_words[i] != other._words[i])
                return _words[i].CompareTo(other._words[i]);
        }
        return 0;
    }

    /// <summary>this = this - other, which must not be larger. O(words).</summary>
    public void Subtract(in WideInteger other)
    {
        ulong borrow = 0;
        for (int i = 0; i < _length; i++)
        {
            ulong subtrahend = i < other._length ? other._words[i] : 0;
            ulong word = _words[i];
            ulong difference = word - subtrahend - borrow;
            borrow = word < subtrahend || (word == subtrahend && borrow != 0) ? 1UL : 0;
            _words[i] = difference;
        }
        while (_length > 0 && _words[_length - 1] == 0)
            _length--;
    }

    /// <summary>this = this / divisor; returns the remainder. O(words).</summary>
    public ulong Divide(uint divisor)
    {
        ulong remainder = 0;
        for (int i = _length - 1; i >= 0; i--)
        {
            // Two steps of 32 bits keep every quotient within what the hardware divides.
            ulong word = _words[i];
            ulong high = (remainder << 32) | (word >> 32);
            ulong low = ((high % divisor) << 32) | (uint)word;
            _words[i] = ((high / divisor) << 32) | (low / divisor);
            remainder = low % divisor;
        }
        while (_length > 0 && _words[_length - 1] == 0)
            _length--;
        return remainder;
    }

    /// <summary>The highest 128 bits (all, if there are fewer), and what was cut off below them. O(words).</summary>
    /// <param name="exponent">The result stands for itself times 2^exponent.</param>
    /// <param name="sticky">True if a bit below is set.</param>
    public readonly UInt128 Top(out int exponent, out bool sticky)
    {
        exponent = Math.Max(BitLength - 128, 0);
        int words = exponent >> 6;
        int rest = exponent & 63;
        sticky = _words[..words].IndexOfAnyExcept(0UL) >= 0 || (rest != 0 && (_words[words] << (64 - rest)) != 0);
        ulong low = Word(words) >> rest;
        ulong high = Word(words + 1) >> rest;
        if (rest != 0)
        {
            low |= Word(words + 1) << (64 - rest);
            high |= Word(words + 2) << (64 - rest);
        }
        return new UInt128(high, low);
    }

    private readonly ulong Word(int index) => index < _length ? _words[index] : 0;
}
